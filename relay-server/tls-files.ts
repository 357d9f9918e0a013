import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { errorCode, StartError } from './start-error.ts';

export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Certificate chain and key as PEM; undefined when neither is asked for. */
export async function loadTls(
  certPath: string | undefined,
  keyPath: string | undefined,
): Promise<TlsFiles | undefined> {
  if (certPath === undefined && keyPath === undefined) return undefined;
  if (certPath === undefined || keyPath === undefined) {
    throw new StartError('TLS needs both files: --tls-cert and --tls-key.');
  }
  const tls = {
    cert: await read(certPath, 'certificate'),
    key: await read(keyPath, 'key'),
  };
  try {
    createSecureContext(tls);
  } catch {
    throw new StartError(
      `The TLS certificate ${certPath} and the key ${keyPath} do not make a pair in PEM format.`,
    );
  }
  return tls;
}

/** The first name of the certificate that another machine could reach this one by. */
export function certificateName(cert: Buffer): string | undefined {
  const names = new X509Certificate(cert).subjectAltName?.split(', ') ?? [];
  return names
    .filter((x) => x.startsWith('DNS:'))
    .map((x) => x.slice('DNS:'.length))
    .find((x) => !x.startsWith('*') && x !== 'localhost');
}

async function read(path: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = errorCode(error) ?? 'unknown reason';
    throw new StartError(`The TLS ${what} file ${path} cannot be read (${code}).`);
  }
}
