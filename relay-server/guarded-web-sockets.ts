import type {
  CreateListenerOptions,
  MultiaddrConnection,
  Transport,
  Upgrader,
  UpgraderWithoutEncryptionOptions,
} from '@libp2p/interface';
import { webSockets, type WebSocketsComponents } from '@libp2p/websockets';

/**
 * libp2p's WebSocket transport, whose listener leaves `error` events of its sockets unheard
 * (@libp2p/websockets 10.1): one malformed frame of any stranger would end the process.
 */
export function guardedWebSockets(): (components: WebSocketsComponents) => Transport {
  return (components) => {
    const transport = webSockets()(components);
    const createListener = transport.createListener.bind(transport);
    transport.createListener = (options: CreateListenerOptions) =>
      createListener({ ...options, upgrader: guardedUpgrader(options.upgrader) });
    return transport;
  };
}

/** The listener hands each socket to the upgrader in the tick it is made, before any frame. */
function guardedUpgrader(upgrader: Upgrader): Upgrader {
  const upgradeInbound = (
    connection: MultiaddrConnection,
    options: UpgraderWithoutEncryptionOptions,
  ) => {
    hearErrors(connection);
    return upgrader.upgradeInbound(connection, options);
  };
  return new Proxy(upgrader, {
    get: (target, name): unknown =>
      name === 'upgradeInbound' ? upgradeInbound : Reflect.get(target, name),
  });
}

/** The socket closes by itself after an error; hearing it is enough. */
function hearErrors(connection: MultiaddrConnection): void {
  const socket: unknown = Reflect.get(connection, 'websocket');
  if (!hasListeners(socket)) throw new Error('@libp2p/websockets hides its socket');
  socket.addEventListener('error', () => undefined);
}

function hasListeners(
  socket: unknown,
): socket is { addEventListener(name: string, listener: () => void): void } {
  return typeof socket === 'object' && socket !== null && 'addEventListener' in socket;
}
