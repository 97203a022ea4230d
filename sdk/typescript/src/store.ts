/**
 * A value that changes over time: what is so *now*. Fits `useSyncExternalStore`, Svelte's `$store` and plain code.
 *
 * Snapshots are immutable: the same reference means that nothing changed. Listeners are called after a frame was
 * taken completely, so they never see half of it.
 */
export interface Store<T> {
  /** The value now. */
  readonly get: () => T;
  /** Calls `listener` after each change, not at once. Gives the function that ends it. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** Collects what is to be told while a frame is taken, and tells it afterwards, in order. */
export class Turn {
  #depth = 0;
  #stores = new Set<Derived<unknown>>();
  #calls: (() => void)[] = [];

  /** Runs `what`; the outermost call tells. What arises from telling is told behind it. */
  run<T>(what: () => T): T {
    this.#depth++;
    try {
      return what();
    } finally {
      if (this.#depth === 1) this.#tell();
      this.#depth--;
    }
  }

  changed(store: Derived<unknown>): void {
    this.#stores.add(store);
    if (this.#depth === 0) this.run(() => {});
  }

  later(call: () => void): void {
    this.#calls.push(call);
    if (this.#depth === 0) this.run(() => {});
  }

  #tell(): void {
    while (this.#calls.length > 0 || this.#stores.size > 0) {
      const calls = this.#calls;
      const stores = [...this.#stores];
      this.#calls = [];
      this.#stores.clear();
      for (const call of calls) guarded(call);
      for (const store of stores) store.tell();
    }
  }
}

/** A listener that throws must not stop the fold: its error surfaces as an uncaught one. */
export function guarded(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** A store whose snapshot is made when somebody looks, at most once for a change. */
export class Derived<T> implements Store<T> {
  #listeners = new Set<() => void>();
  #fresh = false;
  #value: T | undefined;
  readonly #turn: Turn;
  readonly #make: () => T;

  constructor(turn: Turn, make: () => T) {
    this.#turn = turn;
    this.#make = make;
  }

  readonly get = (): T => {
    if (!this.#fresh) {
      this.#value = this.#make();
      this.#fresh = true;
    }
    return this.#value as T;
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    const own = () => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  };

  changed(): void {
    this.#fresh = false;
    this.#turn.changed(this as Derived<unknown>);
  }

  tell(): void {
    for (const listener of [...this.#listeners]) guarded(listener);
  }
}

/** A store that holds its value. */
export class Cell<T> extends Derived<T> {
  #now: T;

  constructor(turn: Turn, first: T) {
    super(turn, () => this.#now);
    this.#now = first;
  }

  set(value: T): void {
    if (value === this.#now) return;
    this.#now = value;
    this.changed();
  }
}

/** Typed listeners, called behind the turn in which something happened. */
export class Emitter<Events> {
  #listeners = new Map<keyof Events, Set<(event: never) => void>>();
  readonly #turn: Turn;

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const own = (event: Events[Name]) => listener(event);
    const all = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, all);
    all.add(own);
    return () => all.delete(own);
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of this.#listeners.get(name) ?? [])
      this.#turn.later(() => (listener as (event: Events[Name]) => void)(event));
  }
}
