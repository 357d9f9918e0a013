import { pino } from 'pino';

/**
 * Structured log of the relay. Personal data stays out: no addresses, no device ids, no tokens.
 * Fields are numbers and fixed words only, and the type keeps it that way.
 */
export interface RelayLog {
  info(event: LogEvent, fields?: LogFields): void;
  warn(event: LogEvent, fields?: LogFields): void;
}

export type LogEvent =
  | 'started'
  | 'stopped'
  | 'counts'
  | 'upgrade-refused'
  | 'access-refused'
  | 'stream-ended'
  | 'duplicate-closed'
  | 'seatless-closed'
  | 'circuits-ended'
  | 'namespace-created'
  | 'save-failed';

export type LogFields = Readonly<Record<string, number | boolean | LogWord>>;
type LogWord =
  | 'open'
  | 'code'
  | 'busy'
  | 'full'
  | 'rate'
  | 'bad-request'
  | 'code-needed'
  | 'wrong-code'
  | 'unknown-invite';

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export function createLog(level: LogLevel, write: (line: string) => void): RelayLog {
  const logger = pino({ level, base: null }, { write });
  return {
    info(event, fields = {}) {
      logger.info(fields, event);
    },
    warn(event, fields = {}) {
      logger.warn(fields, event);
    },
  };
}

export const silentLog: RelayLog = {
  info() {
    // Nothing is kept.
  },
  warn() {
    // Nothing is kept.
  },
};
