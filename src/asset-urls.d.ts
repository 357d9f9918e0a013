/** What Vite answers for these imports. `vite/client` would bring the DOM into every worker. */
declare module '*?worker&url' {
  const url: string;
  export default url;
}

declare module '*?url' {
  const url: string;
  export default url;
}

declare module '*.css';
