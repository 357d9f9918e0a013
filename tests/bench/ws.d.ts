/** The part used here; the package has no types of its own. */
declare module 'ws' {
  export interface WebSocket {
    on(event: 'message', listener: (data: import('node:buffer').Buffer) => void): void;
    send(text: string): void;
    terminate(): void;
  }
  export class WebSocketServer {
    constructor(options: { readonly server: import('node:http').Server });
    readonly clients: ReadonlySet<WebSocket>;
    on(event: 'connection', listener: (socket: WebSocket) => void): void;
  }
}
