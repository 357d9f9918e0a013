import type { Connection } from '../app/view.ts';
import { shellWords } from './words/shell.ts';

const { strip, noticeTexts } = shellWords;

/** The strip's second line. `slow`: it has been connecting for longer than people expect. */
export function connectionSentence(connection: Connection, slow: boolean): string {
  switch (connection.kind) {
    case 'offline':
      return strip.offline;
    case 'connecting':
      return slow ? strip.stillConnecting : strip.connecting;
    case 'refused':
      return connection.reason === 'full'
        ? strip.serverFull
        : connection.reason === 'refused'
          ? strip.refused
          : strip.codeNeeded;
    case 'connected':
      if (connection.people <= 1) return strip.connectedAlone;
      return connection.relay
        ? strip.here(connection.here, connection.people)
        : strip.hereWithoutRelay(connection.here, connection.people);
  }
}

/** What to know about the connection before adding files; undefined when all is well. */
export function connectionNotice(
  connection: Connection,
  slow: boolean,
  others: { readonly count: number; readonly here: number },
): string | undefined {
  switch (connection.kind) {
    case 'offline':
      return noticeTexts.offline;
    case 'connecting':
      return slow ? noticeTexts.strictNetwork : undefined;
    case 'refused':
      return connection.reason === 'full'
        ? noticeTexts.serverFull
        : connection.reason === 'refused'
          ? noticeTexts.serverRefused
          : noticeTexts.needsCode;
    case 'connected':
      return others.count > 0 && others.here === 0 ? noticeTexts.everyoneAway : undefined;
  }
}

export function asksForCode(connection: Connection): boolean {
  return connection.kind === 'refused' && ['code-needed', 'wrong-code'].includes(connection.reason);
}
