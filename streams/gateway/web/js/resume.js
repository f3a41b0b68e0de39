// Which upload a file belongs to, so that it goes on after a failure or a new visit. Pure but for the storage it is given.

export const PREFIX = "chalkstream.upload.";
const EDGE = 64 * 1024;
const DAYS = 1; // the server keeps what was begun no longer, as it is usually set

/** FNV-1a of bytes, going on from `hash`. */
export function fnv1a(bytes, hash = 0x811c9dc5) {
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** A name for a file: what it is called, its size and age, and its first and last bytes. */
export async function fingerprint(file) {
  const edges = [file.slice(0, EDGE), file.slice(Math.max(EDGE, file.size - EDGE))];
  let hash = fnv1a(new TextEncoder().encode(`${file.name}|${file.size}|${file.lastModified}`));
  for (const edge of edges) hash = fnv1a(new Uint8Array(await edge.arrayBuffer()), hash);
  return `${hash.toString(16).padStart(8, "0")}-${file.size}`;
}

/** Whether an upload that was begun wanted the same. */
export const sameWishes = (one, other) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
const sorted = (wishes) => Object.entries(wishes).sort(([a], [b]) => (a < b ? -1 : 1));

/** Uploads that have been begun, kept where the browser keeps things; nothing here fails when it keeps nothing. */
export class Begun {
  constructor(storage, now = Date.now) {
    this.storage = storage;
    this.now = now;
  }

  get(name) {
    return this.#read(PREFIX + name);
  }

  keep(name, record) {
    this.#quietly(() => this.storage.setItem(PREFIX + name, JSON.stringify({ ...record, name: record.name, at: this.now() })));
  }

  forget(name) {
    this.#quietly(() => this.storage.removeItem(PREFIX + name));
  }

  /** All that are left, newest first; old ones go, for the server has dropped them too. */
  all() {
    const found = [];
    for (const key of this.#quietly(() => Object.keys(this.storage)) ?? []) {
      if (!key.startsWith(PREFIX)) continue;
      const record = this.#read(key);
      if (record) found.push({ ...record, fingerprint: key.slice(PREFIX.length) });
      else this.forget(key.slice(PREFIX.length));
    }
    return found.sort((a, b) => b.at - a.at);
  }

  #read(key) {
    const record = this.#quietly(() => JSON.parse(this.storage.getItem(key)));
    return record?.url && this.now() - record.at < DAYS * 86_400_000 ? record : null;
  }

  #quietly(ask) {
    try {
      return ask();
    } catch {
      return null;
    }
  }
}
