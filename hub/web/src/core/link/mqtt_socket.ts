/** MQTT 3.1.1 over a WebSocket of the hub's HTTPS port. Its own chunk: loaded when the till is paired. */
import mqtt, { type IClientOptions } from "mqtt";
import type { OpenSocket } from "../ports";

/** Above the hub's longest silence towards a till; the till's own looking is what finds a lost hub. */
const KEEP_ALIVE_SECS = 30;
const CONNECT_WITHIN_MS = 5_000;
const BAD_CREDENTIAL = new Set([4, 5]);

export function mqttSocket(url: string, more: IClientOptions = {}): OpenSocket {
  return ({ credential, filters }, events, heard) => {
    let isOver = false;
    let why = "the connection to the hub ended";
    // Every connection is a new client: nothing of the one before is sent by itself.
    const client = mqtt.connect(url, {
      ...more,
      clientId: credential.terminal,
      username: credential.terminal,
      password: credential.secret,
      protocolVersion: 4,
      clean: true,
      keepalive: KEEP_ALIVE_SECS,
      connectTimeout: CONNECT_WITHIN_MS,
      reconnectPeriod: 0,
      resubscribe: false,
      // A timer in a worker would be made of a blob, which the page's policy does not let run.
      timerVariant: "native",
    });
    const end = () => {
      if (isOver) return;
      isOver = true;
      client.end(true);
    };
    const down = () => {
      if (isOver) return;
      end();
      events.down(why);
    };
    client.on("connect", () => {
      client.subscribe([...filters], { qos: 1 }, (error, granted) => {
        if (isOver) return;
        if (error !== null || granted === undefined || granted.some(({ qos }) => qos === 128)) {
          why = "the hub does not let this till listen";
          down();
        } else {
          events.up();
        }
      });
    });
    client.on("packetreceive", heard);
    client.on("message", (topic, payload) => {
      if (!isOver) events.message(topic, payload.toString());
    });
    client.on("error", (error) => {
      const refused = "code" in error && typeof error.code === "number" && BAD_CREDENTIAL.has(error.code);
      why = refused ? "the hub does not know this till any more; pair it again" : "the hub cannot be reached";
      down();
    });
    client.on("close", down);
    return {
      publish(topic, text) {
        if (!isOver) client.publish(topic, text, { qos: 1 });
      },
      ping() {
        if (!isOver && client.connected) client.sendPing();
      },
      close: end,
    };
  };
}
