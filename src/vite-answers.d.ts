/** What Vite answers for these imports. Its own `vite/client` would bring the DOM into every worker. */
declare module '*?worker&url' {
  const url: string;
  export default url;
}

declare module '*?url' {
  const url: string;
  export default url;
}

declare module '*.css';

interface ImportMeta {
  readonly env: { readonly PROD: boolean; readonly DEV: boolean };
}
