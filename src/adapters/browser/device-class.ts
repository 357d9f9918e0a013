/** What a browser can be in the roster; a keeper is no browser. */
export type BrowserDeviceClass = 'desktop' | 'phone' | 'tab';

/** What the browser tells about the machine it runs on. */
export interface DeviceHints {
  readonly userAgent: string;
  /** `navigator.userAgentData.mobile`, where there is one. */
  readonly mobile: boolean | undefined;
  matches(mediaQuery: string): boolean;
}

const PHONE_USER_AGENT = /\b(?:iPhone|iPod|Android.+Mobile|Mobile.+Firefox|Windows Phone)\b/;

/**
 * A hint for placement and words on the screen, not a security decision: a phone sleeps, a tab
 * closes, an installed desktop app tends to stay.
 */
export function deviceClassOf(hints: DeviceHints): BrowserDeviceClass {
  const small = hints.matches('(pointer: coarse)') && hints.matches('(max-width: 600px)');
  if (hints.mobile === true || PHONE_USER_AGENT.test(hints.userAgent) || small) return 'phone';
  const installed =
    hints.matches('(display-mode: standalone)') ||
    hints.matches('(display-mode: window-controls-overlay)');
  return installed ? 'desktop' : 'tab';
}

export function deviceHintsHere(): DeviceHints {
  const { userAgentData } = navigator as { userAgentData?: { readonly mobile?: boolean } };
  return {
    userAgent: navigator.userAgent,
    mobile: userAgentData?.mobile,
    matches: (query) => matchMedia(query).matches,
  };
}
