/** Times and bounds of the libp2p adapter; docs/decisions/0010-network.md gives the reasons. */

/**
 * One message of a data channel. Browsers take 256 KiB now, and all have taken this since they talk
 * to one another; each message costs the page's thread about the same whatever its size.
 */
export const CHANNEL_MESSAGE_BYTES = 64 * 1024;
/** Body bytes in a frame we send: with its envelope and the channel's it is one message. */
export const SENT_BODY_BYTES = CHANNEL_MESSAGE_BYTES - 128;

/** Dialling a relay and getting a seat there. */
export const SEAT_TIMEOUT_MS = 15_000;
/** Between attempts, so that a thousand devices do not come back in one instant. */
export const SEAT_RETRY_MS = { min: 1_000, max: 5_000 } as const;
/** How often a reservation is looked after; it is renewed only when it needs to be. */
export const RESERVATION_CHECK_MS = 60_000;

/** A relayed path: two streams at the relay and a handshake. */
export const RELAYED_DIAL_MS = 10_000;
/**
 * A direct path: signalling, ICE, DTLS. It takes a quarter of a second or stalls for good (about one
 * in eight), so the first attempts give up early; a slow network gets its time in the later ones.
 */
export const DIRECT_DIAL_MS = [6_000, 12_000, 20_000] as const;
export const MAX_DIALS_AT_ONCE = 3;
/** The device with the higher id leaves dialling to the other for so long. */
export const DIAL_GRACE_MS = 5_000;
/** Dials that fall together are spread over this. */
export const DIAL_STAGGER_MS = 300;
export const REDIAL_MS = { min: 500, max: 30_000 } as const;
export const UPGRADE_RETRY_MS = { min: 1_000, max: 300_000 } as const;
/** The supervisor looks at everything this often, besides whenever something happens. */
export const LOOK_MS = 1_000;

/** Opening a stream costs some eight round trips. */
export const STREAM_OPEN_MS = 10_000;
/** A direct path has lasted, and both sides have moved their sessions, before the relayed one goes. */
export const SETTLE_MS = 2_000;
/** After that a relayed connection next to a direct one is closed, whatever runs on it. */
export const RETIRE_MS = 30_000;
/** A frozen peer does not confirm a close. */
export const CLOSE_MS = 2_000;
/** After a pause: a connection that does not answer a ping in this time is dead. */
export const WAKE_PING_MS = 1_000;
/** The same for a device that left the relay, which may only have lost it. */
export const LEFT_PING_MS = 4_000;
export const STOP_MS = 5_000;
