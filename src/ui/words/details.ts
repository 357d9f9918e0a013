/** Behind a Details disclosure only: technical words are allowed here. */
export const detailWords = {
  fileId: 'File id',
  type: 'Type',
  noType: 'Not given',
  pieces: 'Pieces',
  heldBy: (name: string) => `Device of ${name}`,
  deviceId: 'Device id',
  storage: 'Storage',
  storageKinds: {
    opfs: 'Origin private file system',
    indexeddb: 'IndexedDB',
  },
};
