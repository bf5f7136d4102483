/** MQTT 3.1.1 over a WebSocket of the hub's HTTPS port. */
import type { Clock, OpenSocket } from "../../ports";
import { PacketReader, ProtocolFault, connect, disconnect, pingreq, puback, publish, subscribe, type Packet } from "./packet";

/** What the hub holds a till to. It is long because a browser lets a page in the background speak once a minute. */
const KEEP_ALIVE_SECS = 120;
const CONNECT_WITHIN_MS = 5_000;
const SUBSCRIPTION = 1;
const IDS_MAX = 65_535;
/** CONNACK: the user name or password is bad; not authorised (MQTT 3.1.1, table 3.1). */
const BAD_CREDENTIAL: ReadonlySet<number> = new Set([4, 5]);
/** SUBACK: the filter was refused. */
const REFUSED = 0x80;

/** The browser's own, or one of a test that trusts the store's authority. */
export type WebSocketLike = Pick<WebSocket, "binaryType" | "onopen" | "onclose" | "onerror" | "onmessage" | "send" | "close">;

export function mqttSocket(clock: Clock, newWebSocket: () => WebSocketLike): OpenSocket {
  return ({ credential, filters }, events, heard) => {
    const reader = new PacketReader();
    let isOver = false;
    let isUp = false;
    let lastId = SUBSCRIPTION;
    let socket: WebSocketLike | null = null;

    const end = () => {
      isOver = true;
      cancel();
      if (socket === null) return;
      socket.onopen = socket.onclose = socket.onmessage = null;
      // One that is closed before it was open says so once more.
      socket.onerror = () => undefined;
      socket.close();
    };
    const down = (why: string) => {
      if (isOver) return;
      end();
      events.down(why);
    };
    const cancel = clock.after(CONNECT_WITHIN_MS, () => {
      if (!isUp) down("the hub cannot be reached");
    });
    const take = (packet: Packet) => {
      switch (packet.kind) {
        case "connack":
          if (packet.code === 0) socket?.send(subscribe(SUBSCRIPTION, filters));
          else if (BAD_CREDENTIAL.has(packet.code)) down("the hub does not know this till any more; pair it again");
          else down("the hub takes no connection now");
          return;
        case "suback":
          if (packet.codes.length < filters.length || packet.codes.includes(REFUSED)) return down("the hub does not let this till listen");
          isUp = true;
          return events.up();
        case "publish":
          if (packet.qos === 1) socket?.send(puback(packet.id));
          return events.message(packet.topic, packet.payload);
        case "puback":
        case "pingresp":
          return;
      }
    };

    try {
      socket = newWebSocket();
    } catch {
      clock.after(0, () => down("the hub cannot be reached"));
    }
    if (socket !== null) {
      socket.binaryType = "arraybuffer";
      socket.onopen = () => {
        const { terminal, secret } = credential;
        socket?.send(connect({ clientId: terminal, user: terminal, password: secret, keepAliveSecs: KEEP_ALIVE_SECS }));
      };
      socket.onmessage = ({ data }) => {
        if (isOver) return;
        heard();
        try {
          for (const packet of reader.push(bytesOf(data))) if (!isOver) take(packet);
        } catch (error) {
          if (!(error instanceof ProtocolFault)) throw error;
          down(error.message);
        }
      };
      socket.onerror = () => down("the hub cannot be reached");
      socket.onclose = () => down("the connection to the hub ended");
    }

    return {
      publish(topic, payload) {
        if (isOver || !isUp) return;
        // What the hub acknowledges here means nothing; its reply does. So an id is only told apart from the one before.
        lastId = lastId >= IDS_MAX ? SUBSCRIPTION + 1 : lastId + 1;
        socket?.send(publish(lastId, topic, payload));
      },
      ping() {
        if (!isOver && isUp) socket?.send(pingreq());
      },
      close() {
        if (isOver) return;
        if (isUp) socket?.send(disconnect());
        end();
      },
    };
  };
}

function bytesOf(data: unknown): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  // MQTT-6.0.0-1: control packets are binary frames only.
  throw new ProtocolFault("a frame of text");
}
