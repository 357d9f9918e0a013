import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

/** What WebTorrent says to a tracker over a WebSocket; everything else it says is handed on as it is. */
interface Announce {
  readonly info_hash: string;
  readonly peer_id: string;
  readonly to_peer_id?: string;
  readonly offers?: readonly { readonly offer: unknown; readonly offer_id: string }[];
  readonly answer?: unknown;
  readonly offer_id?: string;
}

export interface Tracker {
  readonly url: string;
  stop(): Promise<void>;
}

/** The smallest tracker that brings two tabs together: it hands offers and answers to the others. */
export async function startTracker(): Promise<Tracker> {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  const swarms = new Map<string, Map<string, WebSocket>>();
  sockets.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Announce;
      const swarm = swarms.get(message.info_hash) ?? new Map<string, WebSocket>();
      swarms.set(message.info_hash, swarm.set(message.peer_id, socket));
      answer(socket, swarm, message);
    });
  });
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${String(port)}`,
    stop: async () => {
      for (const client of sockets.clients) client.terminate();
      await new Promise((done) => {
        server.close(done);
      });
    },
  };
}

function answer(
  socket: WebSocket,
  swarm: ReadonlyMap<string, WebSocket>,
  { info_hash, peer_id, to_peer_id, offers, answer, offer_id }: Announce,
): void {
  const head = { action: 'announce', info_hash };
  if (answer !== undefined) {
    swarm.get(to_peer_id ?? '')?.send(JSON.stringify({ ...head, peer_id, answer, offer_id }));
    return;
  }
  const counts = { complete: 1, incomplete: swarm.size - 1, interval: 120 };
  socket.send(JSON.stringify({ ...head, ...counts }));
  const others = [...swarm].filter(([id]) => id !== peer_id);
  others.forEach(([, other], i) => {
    const offer = offers?.[i];
    if (offer !== undefined) other.send(JSON.stringify({ ...head, peer_id, ...offer }));
  });
}
