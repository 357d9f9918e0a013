export interface SecurityContext {
  /** The app is served over TLS, here or at the proxy in front. */
  readonly secure: boolean;
}

/** On every response, whatever its status. The policy is explained in docs/relay.md. */
export function securityHeaders(
  { secure }: SecurityContext,
  host: string | undefined,
): Record<string, string> {
  const headers: Record<string, string> = {
    'Content-Security-Policy': contentSecurityPolicy(secure, host),
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': PERMISSIONS,
  };
  // A browser would extend it to every other server a developer runs on localhost.
  if (secure && !isLocalhost(host)) headers['Strict-Transport-Security'] = 'max-age=31536000';
  return headers;
}

/** The camera reads invite codes; nothing else is asked for, and no frame may ask. */
const PERMISSIONS = [
  'camera=(self)',
  'microphone=()',
  'geolocation=()',
  'payment=()',
  'usb=()',
  'browsing-topics=()',
].join(', ');

function contentSecurityPolicy(secure: boolean, host: string | undefined): string {
  // Over TLS a page cannot use ws: at all; without TLS the page is on this machine.
  const plain = secure ? [] : ['ws://localhost:*', 'ws://127.0.0.1:*', ...ownSocket(host)];
  return [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    `connect-src ${["'self'", 'wss:', ...plain].join(' ')}`,
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "font-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types quloud',
  ].join('; ');
}

/** The Host header is the client's word: only what can be a host goes into the policy. */
function ownSocket(host: string | undefined): string[] {
  return host !== undefined && /^[a-z0-9.-]{1,253}(:\d{1,5})?$/i.test(host) ? [`ws://${host}`] : [];
}

function isLocalhost(host: string | undefined): boolean {
  return host === undefined || /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host);
}
