/** Every bound of the relay, in one place. docs/relay.md explains the ones an operator may meet. */
const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** WebSocket upgrades of one address: a whole household redialling at once still passes. */
export const UPGRADE_BURST = 100;
export const UPGRADES_PER_SECOND = 5;
/** Open WebSockets of one address (IPv6: one /64). */
export const MAX_SOCKETS_PER_ADDRESS = 500;
/** Open WebSockets in all; below libp2p's own cap, so that the answer is a clear 503. */
export const MAX_SOCKETS = 4500;
/** Addresses remembered at once; the fullest buckets are forgotten first. */
export const MAX_ADDRESSES = 50_000;

/** Bytes a socket may send before it has proven a device key (Noise needs under 2 KiB). */
export const MAX_HANDSHAKE_BYTES = 64 * KIB;
/** One WebSocket message, over all its fragments; Noise sends at most 64 KiB in one. */
export const MAX_MESSAGE_BYTES = 1 * MIB;
/** Bytes a device may send before it has a seat in a namespace. */
export const MAX_SEATLESS_BYTES = 1 * MIB;
/** A device without a seat is disconnected at the second of two looks that find it so. */
export const SEATLESS_SWEEP_MS = 30_000;

/** Policy `open`: what the devices of one namespace may send through the relay. */
export const OPEN_BYTES_PER_HOUR = 8 * GIB;
export const OPEN_BURST_BYTES = 1 * GIB;
/** Namespaces remembered; the one unused for longest makes room. */
export const MAX_NAMESPACES = 10_000;
/** A namespace nobody entered for this long is forgotten. */
export const NAMESPACE_DAYS = 400;

export const MAX_GUESTS_PER_INVITE = 64;
export const MAX_INVITES_PER_NAMESPACE = 1024;
export const MAX_INVITES = 100_000;
/** No invite is remembered for longer, whatever expiry a device names. */
export const MAX_INVITE_SECONDS = 31 * 24 * 3600;

/** Requests of one connection: 64 invites of several circles, and again after a change. */
export const REQUEST_BURST = 512;
export const REQUESTS_PER_SECOND = 5;
/** What a wrong code costs of the same budget: guessing ends the connection after a few tries. */
export const WRONG_CODE_COST = 100;
export const MAX_ACCESS_STREAMS = 32;
/** A stream without a seat is closed after this long. */
export const SEAT_DEADLINE_MS = 20_000;
/** Someone who does not read the presence list for this long loses the seat. */
export const SLOW_READER_MS = 10_000;
/** Presence changes are gathered for this long before they are told. */
export const PRESENCE_DELAY_MS = 20;

/** Memory in byte buffers above which circuits that do not flow are ended, and how often it looks. */
export const MAX_BUFFERED_BYTES = 512 * MIB;
export const BUFFER_LOOK_MS = 1000;

/** docs/relay.md, "Settings of libp2p". */
export const MAX_CONNECTIONS = 5000;
export const MAX_PENDING_CONNECTIONS = 500;
export const INBOUND_PER_SECOND = 1000;
export const MAX_RESERVATIONS = 5000;
export const MAX_STOP_STREAMS = 5000;
/** One device may have a circuit to every device of a full circle. */
export const MAX_HOP_STREAMS = 512;
export const RESERVATION_TTL_MS = 15 * 60_000;
export const PING_MS = 15_000;

/** Each part of a stop gets this long before it is cut. */
export const STOP_MS = 2500;
export const SHORTEST_CODE = 8;
export const LONGEST_CODE = 64;

/** Browsers ask all of them at each dial. */
export const MAX_ICE_SERVERS = 4;
