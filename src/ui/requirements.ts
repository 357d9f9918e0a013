/** Why this page cannot run Quloud, seen before any of it loads. */
export type Obstacle =
  | { readonly kind: 'insecure' }
  | { readonly kind: 'missing'; readonly features: readonly string[] };

/** The globals that are looked at; tests bring their own. */
export type BrowserGlobals = Readonly<Record<string, unknown>>;

/** undefined when everything needed is there. */
export function findObstacle(globals: BrowserGlobals): Obstacle | undefined {
  if (globals['isSecureContext'] !== true) return { kind: 'insecure' };
  const features = NEEDED.filter(([, present]) => !present(globals)).map(([name]) => name);
  return features.length === 0 ? undefined : { kind: 'missing', features };
}

const has = (name: string) => (globals: BrowserGlobals) =>
  globals[name] !== undefined && globals[name] !== null;

const NEEDED: readonly (readonly [string, (globals: BrowserGlobals) => boolean])[] = [
  ['IndexedDB', has('indexedDB')],
  ['Web Crypto', (globals) => hasSubtle(globals['crypto'])],
  ['Web Workers', has('Worker')],
  ['WebRTC', has('RTCPeerConnection')],
];

function hasSubtle(crypto: unknown): boolean {
  return (
    typeof crypto === 'object' &&
    crypto !== null &&
    'subtle' in crypto &&
    crypto.subtle !== undefined
  );
}
