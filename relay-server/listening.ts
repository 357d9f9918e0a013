import type { Server } from 'node:http';
import { errorCode, StartError } from './start-error.ts';

/** Opens the port and returns its number. Throws StartError with what a person can do about it. */
export async function listen(server: Server, port: number, host: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  server.once('error', reject);
  server.listen({ port, host }, () => resolve(undefined));
  try {
    await promise;
  } catch (error) {
    throw new StartError(sentence(errorCode(error), port, host));
  }
  server.off('error', reject);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return address.port;
}

export async function closeServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  server.close(() => resolve(undefined));
  server.closeAllConnections();
  await promise;
}

function sentence(code: string | undefined, port: number, host: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is taken by another program; choose another with --port.`;
    case 'EACCES':
      return `Port ${port} needs more rights than this user has; choose one above 1023 with --port.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `This machine has no address ${host}; choose another with --host.`;
    default:
      return `Port ${port} on ${host} cannot be opened (${code ?? 'unknown reason'}).`;
  }
}
