/**
 * Just enough of a document for Preact to render into: elements with attributes, text and clicks.
 *
 * It has no layout and no style. What it shows is what a screen reader would: text, names, states.
 */
import { options } from "preact";
import { vi } from "vitest";

type Listener = (event: unknown) => void;

// Effects run right after a render instead of after a frame that never comes here.
Object.assign(options, { requestAnimationFrame: (run: () => void) => setTimeout(run) });

class FakeNode {
  parentNode: FakeElement | null = null;
  childNodes: FakeNode[] = [];
  readonly ownerDocument = fakeDocument;

  readonly nodeType: number;
  readonly localName: string;
  data: string;

  constructor(nodeType: number, localName: string, data = "") {
    this.nodeType = nodeType;
    this.localName = localName;
    this.data = data;
  }

  get firstChild(): FakeNode | null {
    return this.childNodes[0] ?? null;
  }

  get nextSibling(): FakeNode | null {
    const siblings = this.parentNode?.childNodes ?? [];
    return siblings[siblings.indexOf(this) + 1] ?? null;
  }

  get textContent(): string {
    return this.nodeType === 3 ? this.data : this.childNodes.map((n) => n.textContent).join("");
  }

  insertBefore(node: FakeNode, before: FakeNode | null): FakeNode {
    node.remove();
    const at = before ? this.childNodes.indexOf(before) : -1;
    this.childNodes.splice(at < 0 ? this.childNodes.length : at, 0, node);
    node.parentNode = this as unknown as FakeElement;
    return node;
  }

  appendChild(node: FakeNode): FakeNode {
    return this.insertBefore(node, null);
  }

  removeChild(node: FakeNode): FakeNode {
    this.childNodes = this.childNodes.filter((each) => each !== node);
    node.parentNode = null;
    return node;
  }

  remove(): void {
    this.parentNode?.removeChild(this);
  }

  contains(node: FakeNode | null): boolean {
    for (let each = node; each; each = each.parentNode) if (each === this) return true;
    return false;
  }
}

export class FakeElement extends FakeNode {
  readonly attributes: Record<string, string> = {};
  readonly listeners: Record<string, Listener> = {};
  readonly namespaceURI: string;
  value = "";

  constructor(name: string, namespaceURI: string) {
    super(1, name);
    this.namespaceURI = namespaceURI;
  }

  setAttribute(name: string, value: unknown): void {
    this.attributes[name] = String(value);
  }

  removeAttribute(name: string): void {
    delete this.attributes[name];
  }

  addEventListener(type: string, listener: Listener): void {
    this.listeners[type] = listener;
  }

  removeEventListener(type: string): void {
    delete this.listeners[type];
  }

  querySelector(): null {
    return null;
  }

  focus(): void {
    // No focus without a screen.
  }

  /** All elements inside that fit, in order. */
  all(fits: (element: FakeElement) => boolean): FakeElement[] {
    return this.childNodes.flatMap((node) =>
      node instanceof FakeElement ? [...(fits(node) ? [node] : []), ...node.all(fits)] : [],
    );
  }

  send(type: string, event: object = {}): void {
    const preventDefault = () => undefined;
    const listener = this.listeners[type];
    if (!listener) throw new Error(`nothing listens to ${type} on ${this.localName}`);
    listener.call(this, { type, target: this, currentTarget: this, preventDefault, ...event });
  }
}

const fakeDocument = {
  createElement: (name: string) => new FakeElement(name, "html"),
  createElementNS: (space: string, name: string) => new FakeElement(name, space),
  createTextNode: (data: string) => new FakeNode(3, "#text", data),
};

/** A page to render into and to read from. */
export interface ScreenPage {
  readonly root: FakeElement;
  /** Every text on it, in one line. */
  text(): string;
  /** The elements with a test id. */
  all(testId: string): FakeElement[];
  /** The one element with a test id. */
  get(testId: string): FakeElement;
  has(testId: string): boolean;
  /** An event of the window. */
  raise(type: string): void;
  /** Taps it and waits until the screen has answered. */
  tap(testId: string): Promise<void>;
  type(testId: string, text: string): Promise<void>;
}

interface Entry {
  readonly state: unknown;
}

/** A new page; `document`, `history` and animation frames are replaced for this test file. */
export function openPage(): ScreenPage {
  const entries: Entry[] = [{ state: null }];
  const heard: Record<string, Listener[]> = {};
  const pop = (steps: number) => {
    entries.splice(Math.max(1, entries.length + steps));
    for (const listener of heard.popstate ?? []) listener({ state: entries.at(-1)?.state });
  };
  Object.assign(globalThis, {
    document: fakeDocument,
    scrollTo: () => undefined,
    addEventListener: (type: string, listener: Listener) => {
      heard[type] = [...(heard[type] ?? []), listener];
    },
    history: {
      pushState: (state: unknown) => entries.push({ state }),
      replaceState: (state: unknown) => entries.splice(-1, 1, { state }),
      back: () => pop(-1),
      go: (steps: number) => pop(steps),
    },
  });
  const root = new FakeElement("body", "html");
  const withId = (id: string) => root.all((each) => each.attributes["data-testid"] === id);
  const get = (id: string): FakeElement => {
    const [first, ...others] = withId(id);
    if (!first || others.length > 0) throw new Error(`${others.length + Number(!!first)} of ${id}`);
    return first;
  };
  return {
    root,
    text: () => root.textContent.replace(/\s+/g, " "),
    all: withId,
    get,
    has: (id) => withId(id).length > 0,
    raise(type) {
      for (const listener of heard[type] ?? []) listener({ type });
    },
    async tap(id) {
      get(id).send("click");
      await settled();
    },
    async type(id, text) {
      const element = get(id);
      element.value = text;
      element.send("input");
      await settled();
    },
  };
}

/** What is computed beside this thread, and on a busy machine ends when it likes. */
let underWay = 0;
const { subtle } = crypto;
for (const name of ["digest", "importKey", "generateKey", "deriveBits", "sign"] as const) {
  const original = subtle[name].bind(subtle) as (...given: unknown[]) => Promise<unknown>;
  const counted = (...given: unknown[]) => {
    underWay += 1;
    return original(...given).finally(() => {
      underWay -= 1;
    });
  };
  Object.defineProperty(subtle, name, { value: counted });
}

/** Lets promises, effects and lazily loaded rooms come to rest, however long these take. */
export async function settled(): Promise<void> {
  for (let quiet = 0; quiet < 4; quiet += 1) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    await vi.dynamicImportSettled();
    if (underWay > 0) quiet = -1;
  }
}
