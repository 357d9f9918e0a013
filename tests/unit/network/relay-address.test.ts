import { describe, expect, it } from 'vitest';
import { leadsThrough, normalRelayAddress } from '../../../src/adapters/network/relay-address.ts';

const PEER = '12D3KooWDdVRdsLS2KJ4sMd4E7DQpNynHnQ99KwKnnQiFH8LJ9wZ';
const OTHER = '12D3KooWApS541W3NgHbvzuc2YEiXnf73L2RuYhsZ6PagBRWBUS8';

describe('a relay address', () => {
  it.each([
    `/ip4/127.0.0.1/tcp/8080/ws/p2p/${PEER}`,
    `/dns4/relay.example/tcp/443/wss/p2p/${PEER}`,
    `/dns/relay.example/tcp/443/tls/ws/p2p/${PEER}`,
    `/ip6/::1/tcp/8080/ws/p2p/${PEER}`,
  ])('may be %s', (address) => {
    expect(normalRelayAddress(address)).toBe(address);
  });

  it('has one spelling', () => {
    expect(normalRelayAddress(`/ip6/0:0:0:0:0:0:0:1/tcp/8080/ws/p2p/${PEER}`)).toBe(
      `/ip6/::1/tcp/8080/ws/p2p/${PEER}`,
    );
  });

  it.each([
    '',
    'https://relay.example',
    `/ip4/127.0.0.1/tcp/8080/ws`,
    `/ip4/300.0.0.1/tcp/8080/ws/p2p/${PEER}`,
    `/ip4/127.0.0.1/udp/8080/quic-v1/p2p/${PEER}`,
    `/dnsaddr/relay.example/p2p/${PEER}`,
    `/ip4/127.0.0.1/tcp/8080/ws/p2p/nobody`,
    `/ip4/127.0.0.1/tcp/8080/ws/p2p/${PEER}/p2p-circuit/p2p/${OTHER}`,
    `/dns4/${'a'.repeat(300)}/tcp/443/wss/p2p/${PEER}`,
  ])('is not %s', (address) => {
    expect(normalRelayAddress(address)).toBeUndefined();
  });

  it('leads to itself and through itself only', () => {
    const relay = `/ip4/127.0.0.1/tcp/8080/ws/p2p/${PEER}`;
    expect(leadsThrough(relay, relay)).toBe(true);
    expect(leadsThrough(relay, `${relay}/p2p-circuit/webrtc/p2p/${OTHER}`)).toBe(true);
    expect(leadsThrough(relay, `/ip4/127.0.0.1/tcp/8080/ws/p2p/${OTHER}`)).toBe(false);
    expect(leadsThrough(relay, `${relay}x/p2p-circuit/p2p/${OTHER}`)).toBe(false);
  });
});
