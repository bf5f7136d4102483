/**
 * The till's own pages without the hub: everything that a version is made of is fetched when it is installed, all or nothing,
 * and served from there. What is asked of the hub (its API, MQTT) never passes here.
 *
 * Written by hand and not made by a library: it is some sixty lines, and a till must never get half of a new version. The list
 * of files is put in by the build.
 */

/** The files of this version, and a word that is another one for every version. */
declare const __FILES__: readonly string[];
declare const __VERSION__: string;

const CACHE = "till-" + __VERSION__;
const SHELL = "/till/";

function isWorker(scope: unknown): scope is ServiceWorkerGlobalScope {
  return typeof scope === "object" && scope !== null && "skipWaiting" in scope && "clients" in scope;
}

async function install(worker: ServiceWorkerGlobalScope): Promise<void> {
  const cache = await caches.open(CACHE);
  // The browser's own cache may hold an older index: everything comes from the hub.
  await cache.addAll([SHELL, ...__FILES__].map((path) => new Request(path, { cache: "reload" })));
  // A till that is in use goes on with the version that it has; the next start has the new one.
  const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (pages.length === 0) await worker.skipWaiting();
}

async function activate(worker: ServiceWorkerGlobalScope): Promise<void> {
  for (const name of await caches.keys()) if (name.startsWith("till-") && name !== CACHE) await caches.delete(name);
  await worker.clients.claim();
}

/** Every page of the till is the one shell. */
async function page(request: Request): Promise<Response> {
  return (await (await caches.open(CACHE)).match(SHELL)) ?? fetch(request);
}

async function file(request: Request): Promise<Response> {
  return (await (await caches.open(CACHE)).match(request, { ignoreSearch: true })) ?? fetch(request);
}

const scope: unknown = globalThis;
if (isWorker(scope)) {
  scope.addEventListener("install", (event) => event.waitUntil(install(scope)));
  scope.addEventListener("activate", (event) => event.waitUntil(activate(scope)));
  // A page that has just been opened has nothing in its hands: it may ask for the version that waits.
  scope.addEventListener("message", (event) => {
    if (event.data === "take over") event.waitUntil(scope.skipWaiting());
  });
  scope.addEventListener("fetch", (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (request.method !== "GET" || url.origin !== scope.location.origin || !url.pathname.startsWith(SHELL)) return;
    event.respondWith(request.mode === "navigate" ? page(request) : file(request));
  });
}
