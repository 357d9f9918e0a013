/** Every bound a peer, a link, a file or a disk meets. docs/protocol.md, Limits. */
const KIB = 1024;
const MIB = 1024 * KIB;

export const MAX_GOSSIP_BYTES = 64 * KIB;
export const MAX_FRAME_BYTES = 300 * KIB;
/** Unacknowledged bytes allowed on one stream. */
export const STREAM_CREDIT_BYTES = 1 * MIB;
/** Body bytes in one frame. */
export const FRAME_BODY_BYTES = 64 * KIB;
/** Body of one answer: one sealed chunk and its tags, with room to spare. */
export const MAX_BODY_BYTES = 1 * MIB + 64 * KIB;
export const MAX_REPLICAS_PER_MESSAGE = 1024;
export const MAX_REQUESTS_IN_FLIGHT = 64;
export const MAX_MEMBERS = 64;
export const MAX_DEVICES = 256;
export const MAX_DIRECT_CONNECTIONS = 16;
/** Roster entries one circle may have; far above what 64 members and 256 devices need. */
export const MAX_ROSTER_ENTRIES = 8192;
/** An epoch entry with a sealed key for each of MAX_DEVICES is the largest. */
export const MAX_ENTRY_BYTES = 48 * KIB;
export const MAX_ENTRY_HEADS = 32;
/** Epochs before the present one whose members are still met at the relay. */
export const MAX_FORMER_EPOCHS = 4;
/**
 * Places kept for entries that end someone's word (remove, epoch, device-revoke), so that a full
 * circle can still part with whoever filled it.
 */
export const RESERVED_ROSTER_ENTRIES = 1024;
/** Entries kept of one signing key, and of it such as end someone's word. */
export const MAX_ENTRIES_PER_AUTHOR = 1024;
export const MAX_ENDINGS_PER_AUTHOR = 256;
/** Bytes, and number, of roster entries in one exchange message. */
export const MAX_ENTRIES_BATCH_BYTES = 200 * KIB;
export const MAX_ENTRIES_PER_MESSAGE = 512;
/** Bytes of entries that a device may show that is not known (yet). */
export const MAX_STRANGER_BYTES = 64 * KIB;
export const MAX_FILE_NAME_BYTES = 1024;
/** Folders above a file. */
export const MAX_FOLDER_DEPTH = 32;
/** A full list of chunks, all nodes, the deepest folder and the longest names, with room to spare. */
export const MAX_MANIFEST_BYTES = 256 * KIB;
export const MAX_PERSON_NAME_BYTES = 64;
export const MAX_CIRCLE_NAME_BYTES = 64;
export const MAX_RELAYS = 8;
export const MAX_ADDRESS_BYTES = 256;
export const MAX_LINK_CHARS = 4096;
/** Times may differ this much between devices; no order ever depends on them. */
export const CLOCK_SKEW_SECONDS = 10 * 60;

/** Plaintext of one chunk. */
export const CHUNK_BYTES = 1 * MIB;
/** Chunks that a manifest lists itself, and that each of its nodes lists. */
export const CHUNKS_PER_NODE = 4096;
export const MAX_MANIFEST_NODES = 255;
/** 1 TiB in all. */
export const MAX_CHUNKS_PER_FILE = (MAX_MANIFEST_NODES + 1) * CHUNKS_PER_NODE;
export const MAX_FILE_BYTES = MAX_CHUNKS_PER_FILE * CHUNK_BYTES;

export const DEFAULT_COPIES = 3;
export const MAX_COPIES = 7;
export const INVITE_SECONDS = 7 * 24 * 3600;
export const MAX_INVITE_USES = 64;
export const NONCE_SECONDS = 60;
export const OFFER_SECONDS = 120;
/** Files paused one by one; beyond it a pause does not outlive the page. */
export const MAX_PAUSED_FILES = 20_000;
