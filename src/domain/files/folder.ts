import * as v from 'valibot';
import { MAX_FILE_NAME_BYTES, MAX_FOLDER_DEPTH } from '../limits.ts';
import { fail, ok, type Result } from '../result.ts';
import { textUpTo } from '../wire/codec.ts';
import { checkFileName } from './names.ts';

/**
 * The folders a file is in, from the top, none at the top: at most MAX_FOLDER_DEPTH file names, none of
 * which means a place of its own when they are put together to a path.
 */
export function checkFolder(folder: readonly string[]): Result<readonly string[], 'bad-name'> {
  const isGood = (name: string) =>
    checkFileName(name).ok && name !== '.' && name !== '..' && !name.includes('/');
  return folder.length <= MAX_FOLDER_DEPTH && folder.every(isGood) ? ok(folder) : fail('bad-name');
}

/** A folder in a manifest or record. */
export function folderOn() {
  return v.pipe(
    v.array(textUpTo(MAX_FILE_NAME_BYTES)),
    v.maxLength(MAX_FOLDER_DEPTH),
    v.check((folder) => checkFolder(folder).ok),
  );
}
