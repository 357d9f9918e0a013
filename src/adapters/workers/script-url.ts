/** The part of the Trusted Types API used here; older type libraries do not know it. */
interface ScriptUrlPolicy {
  createScriptURL(url: string): unknown;
}
interface PolicyFactory {
  createPolicy(
    name: string,
    rules: { readonly createScriptURL: (url: string) => string },
  ): ScriptUrlPolicy;
}

/** Built workers, the service worker, and the same two under the development server. */
const SCRIPT_PATHS = [
  /^\/assets\/[\w.-]*worker[\w.-]*\.js$/,
  /^\/(?:sw|service-worker)\.js$/,
  /^\/src\/(?:workers\/[\w.-]+\.worker|service-worker)\.ts$/,
  /^\/dev-sw\.js$/,
];

let policy: ScriptUrlPolicy | undefined;

/**
 * A worker's address as `new Worker` and `serviceWorker.register` want it where the page enforces
 * Trusted Types: a TrustedScriptURL of the one policy this app has, typed as the string it stands
 * for. Throws a TypeError for anything but a worker script of this origin.
 */
export function scriptUrl(url: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: PolicyFactory };
  if (trustedTypes === undefined) return checkScriptUrl(url, globalThis.location.href);
  policy ??= trustedTypes.createPolicy('quloud', {
    createScriptURL: (text) => checkScriptUrl(text, globalThis.location.href),
  });
  return policy.createScriptURL(url) as string;
}

/** `url` itself if it is one of our worker scripts, seen from the page at `base`. */
export function checkScriptUrl(url: string, base: string): string {
  const { origin, pathname } = new URL(url, base);
  const ours = origin === new URL(base).origin && SCRIPT_PATHS.some((path) => path.test(pathname));
  if (!ours) throw new TypeError('not a worker script of this origin');
  return url;
}
