/** Bugs of the caller or damage that no retry heals; expected failures are results. */
export class MemberNotOpenError extends Error {
  override readonly name = 'MemberNotOpenError';
  constructor() {
    super('no member is open: createMember or openMember must come first');
  }
}

/** A key was asked to sign something that could be taken for another kind of message. */
export class MessageNotTaggedError extends Error {
  override readonly name = 'MessageNotTaggedError';
  constructor() {
    super('only messages that begin with LP of a quloud/v1/ tag are signed');
  }
}

/** The root key is not on this device: the words are needed. */
export class RootKeyAbsentError extends Error {
  override readonly name = 'RootKeyAbsentError';
  constructor() {
    super('the root key is not on this device');
  }
}

/** A file-key box that this member's catalogue key does not open, or of another file. */
export class KeyBoxError extends Error {
  override readonly name = 'KeyBoxError';
  constructor() {
    super('the box of the file key is damaged or not of this file');
  }
}
