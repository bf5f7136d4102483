import { generate, parser, type Packet as PeerPacket } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { PacketReader, ProtocolFault, connect, disconnect, pingreq, puback, publish, subscribe, type Packet } from "./packet";

/** What mqtt.js's own codec reads in our bytes. */
function readByPeer(bytes: Uint8Array): PeerPacket[] {
  const read: PeerPacket[] = [];
  const peer = parser({ protocolVersion: 4 });
  peer.on("packet", (packet: PeerPacket) => read.push(packet));
  peer.on("error", (error: Error) => {
    throw error;
  });
  peer.parse(Buffer.from(bytes));
  return read;
}

const long = "ä€😀".repeat(40_000);

describe("what the till writes", () => {
  it("is a connection with a clean session, with a name and a secret", () => {
    expect(readByPeer(connect({ clientId: "till", user: "till", password: "secret", keepAliveSecs: 120 }))).toMatchObject([{
      cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clean: true, keepalive: 120, clientId: "till", username: "till",
      password: Buffer.from("secret"),
    }]);
    expect(readByPeer(connect({ clientId: "till", user: "till", password: "secret", keepAliveSecs: 120 }))[0]).not.toHaveProperty("will");
  });

  it("is a subscription at QoS 1", () => {
    expect(readByPeer(subscribe(1, ["hf/1/s/t/t/reply", "hf/1/s/store/+"]))).toMatchObject([{
      cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "hf/1/s/t/t/reply", qos: 1 }, { topic: "hf/1/s/store/+", qos: 1 }],
    }]);
  });

  it.each(["", "{}", long])("is a message at QoS 1, whatever its length (%#)", (payload) => {
    const [packet] = readByPeer(publish(65_535, "hf/1/cmd", payload));
    expect(packet).toMatchObject({ cmd: "publish", topic: "hf/1/cmd", qos: 1, messageId: 65_535, dup: false, retain: false });
    expect(packet !== undefined && "payload" in packet ? packet.payload.toString() : null).toBe(payload);
  });

  it("acknowledges, asks for a sign of life and says goodbye", () => {
    expect(readByPeer(puback(7))).toMatchObject([{ cmd: "puback", messageId: 7 }]);
    expect(readByPeer(pingreq())).toMatchObject([{ cmd: "pingreq" }]);
    expect(readByPeer(disconnect())).toMatchObject([{ cmd: "disconnect" }]);
  });
});

describe("what the hub writes", () => {
  const bytes = Buffer.concat([
    generate({ cmd: "connack", returnCode: 5, sessionPresent: false }),
    generate({ cmd: "suback", messageId: 1, granted: [1, 128] }),
    generate({ cmd: "publish", topic: "a/ä", payload: long.slice(0, 300), qos: 1, messageId: 513, dup: true, retain: false }),
    generate({ cmd: "publish", topic: "b", payload: "", qos: 0, dup: false, retain: true }),
    generate({ cmd: "puback", messageId: 9 }),
    generate({ cmd: "pingresp" }),
  ]);
  const expected: Packet[] = [
    { kind: "connack", code: 5 },
    { kind: "suback", id: 1, codes: [1, 128] },
    { kind: "publish", topic: "a/ä", payload: long.slice(0, 300), qos: 1, id: 513 },
    { kind: "publish", topic: "b", payload: "", qos: 0, id: 0 },
    { kind: "puback", id: 9 },
    { kind: "pingresp" },
  ];

  it("is read in whatever pieces it comes", () => {
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const reader = new PacketReader();
      expect([...reader.push(bytes.subarray(0, cut)), ...reader.push(bytes.subarray(cut))]).toEqual(expected);
    }
    const reader = new PacketReader();
    expect([...bytes].flatMap((byte) => reader.push(Uint8Array.of(byte)))).toEqual(expected);
  });

  it.each([
    ["a packet that no hub sends", [0x10, 0]], ["a message at QoS 2", [0x34, 5, 0, 1, 97, 0, 1]], ["an endless length", [0x30, 255, 255, 255, 255]],
    ["a packet that is too large", [0x30, 255, 255, 255, 127]], ["a message that is cut off", [0x32, 3, 0, 1, 97]],
    ["a topic longer than its packet", [0x30, 3, 0, 9, 97]], ["text that is not UTF-8", [0x30, 4, 0, 1, 97, 0xff]],
    ["an empty acknowledgement", [0x40, 0]], ["nothing of a type", [0xf0, 0]],
  ])("is refused when it is %s", (_name, wrong) => {
    expect(() => new PacketReader().push(Uint8Array.from(wrong))).toThrow(ProtocolFault);
  });
});
