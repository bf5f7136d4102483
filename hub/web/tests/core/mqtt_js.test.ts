import mqtt from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { topicsOf } from "../../src/protocol/topics";
import { newDevice, openTill, type NodeTill } from "./node_till";
import { RealStore, programsAreThere, until } from "./real_hub";

describe.skipIf(!programsAreThere())("mqtt.js at the same hub", () => {
  let store: RealStore;
  let open: NodeTill;

  beforeAll(async () => {
    store = await RealStore.open();
    open = openTill(newDevice(), store.https, store.authority);
  }, 60_000);

  afterAll(async () => {
    await open?.close();
    await store?.close();
  });

  it("takes the till's place with its credential, and the till takes it back", async () => {
    const { view, actions } = open.till;
    await until("the till asks to be paired", () => view.stage.value.kind === "not_paired");
    await actions.door.pair(await store.pairingCode("Till 1"));
    await until("the hub is there", () => view.hub.value.kind === "online");
    const credential = open.credential();
    const client = mqtt.connect(`wss://${store.https}/mqtt`, {
      ca: store.authority, clientId: credential.terminal, username: credential.terminal, password: credential.secret, protocolVersion: 4,
      reconnectPeriod: 0,
    });
    const topics: string[] = [];
    client.on("message", (topic) => topics.push(topic));
    client.on("connect", () => client.subscribe([...topicsOf(credential.store, credential.terminal).filters], { qos: 1 }));
    await until("the till lost its place", () => view.hub.value.kind === "gone");
    await until("the till is back", () => view.hub.value.kind === "online");
    await until("the other is out", () => !client.connected);
    expect(client.connected).toBe(false);
  });
}, 60_000);
