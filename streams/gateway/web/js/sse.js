// Server-sent events from pieces of text, cut anywhere. Pure.

/** Feed it text as it comes; it calls `event({name, data, id})` for each event, `retry(ms)` where the server asks. */
export class Parser {
  #left = "";
  #name = "";
  #data = [];
  #sawReturn = false;

  constructor(event, retry = () => {}) {
    this.event = event;
    this.retry = retry;
    this.id = "";
  }

  push(text) {
    if (this.#sawReturn && text.startsWith("\n")) text = text.slice(1);
    this.#sawReturn = text ? text.endsWith("\r") : this.#sawReturn;
    const lines = (this.#left + text).split(/\r\n|\n|\r/);
    this.#left = lines.pop();
    for (const line of lines) this.#take(line);
  }

  #take(line) {
    if (line === "") return this.#send();
    if (line.startsWith(":")) return undefined;
    const cut = line.indexOf(":");
    const field = cut < 0 ? line : line.slice(0, cut);
    const value = cut < 0 ? "" : line.slice(cut + 1).replace(/^ /, "");
    if (field === "event") this.#name = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id" && !value.includes("\0")) this.id = value;
    else if (field === "retry" && /^\d+$/.test(value)) this.retry(Number(value));
    return undefined;
  }

  #send() {
    const [name, data] = [this.#name || "message", this.#data];
    this.#name = "";
    this.#data = [];
    if (data.length) this.event({ name, data: data.join("\n"), id: this.id });
  }
}

/** Read a body to its end, as events. */
export async function read(body, parser) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    parser.push(value);
  }
}
