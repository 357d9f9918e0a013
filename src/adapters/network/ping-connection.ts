import type { Connection } from '@libp2p/interface';
import { PING_PROTOCOL } from '@libp2p/ping';
import type { Environment } from '../../ports/environment.ts';
import { timedSignal } from './timed-signal.ts';

const PING_BYTES = 32;

/** Whether this very connection answers in time; ends it if not. `ping.ping` would pick one itself. */
export async function pingConnection(
  connection: Connection,
  environment: Environment,
  ms: number,
): Promise<boolean> {
  const limit = timedSignal(environment, ms);
  try {
    const stream = await connection.newStream(PING_PROTOCOL, {
      signal: limit.signal,
      runOnLimitedConnection: true,
    });
    const answered = await new Promise<boolean>((resolve) => {
      stream.addEventListener('message', () => {
        resolve(true);
      });
      stream.addEventListener('close', () => {
        resolve(false);
      });
      limit.signal.addEventListener('abort', () => {
        resolve(false);
      });
      stream.send(environment.random(PING_BYTES));
    });
    stream.abort(new Error('ping over'));
    if (!answered) throw new Error('no answer');
    return true;
  } catch {
    connection.abort(new Error('does not answer'));
    return false;
  } finally {
    limit.clear();
  }
}
