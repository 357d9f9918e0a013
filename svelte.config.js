/** @type {import('@sveltejs/vite-plugin-svelte').SvelteConfig} */
export default {
  compilerOptions: {
    runes: true,
    // Builds DOM node by node instead of innerHTML, so that Trusted Types needs no policy for it.
    fragments: 'tree',
  },
};
