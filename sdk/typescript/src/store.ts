/**
 * A value that changes over time: what is so *now*. Fits `useSyncExternalStore`, Svelte's `$store` and plain code.
 *
 * Snapshots are immutable: the same reference means that nothing changed. Listeners are called when a frame was taken
 * completely, so they never see half of it; one that throws surfaces as an uncaught error and disturbs nobody.
 */
export interface Store<T> {
  /** The value now. */
  readonly get: () => T;
  /** Calls `listener` after each change, not at once. Gives the function that ends it. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** Tells listeners as soon as the code that runs now is through, in the order of the events. */
class Listeners<Event> {
  #all = new Set<(event: Event) => void>();

  add(listener: (event: Event) => void): () => void {
    const own = (event: Event) => listener(event);
    this.#all.add(own);
    return () => this.#all.delete(own);
  }

  tell(event: Event): void {
    for (const listener of this.#all) queueMicrotask(() => listener(event));
  }
}

/** A store whose snapshot is made when somebody looks, at most once for a change. */
export class Derived<T> implements Store<T> {
  #listeners = new Listeners<void>();
  #fresh = false;
  #telling = false;
  #value: T | undefined;

  constructor(readonly make: () => T) {}

  readonly get = (): T => {
    if (!this.#fresh) this.#value = this.make();
    this.#fresh = true;
    return this.#value as T;
  };

  readonly subscribe = (listener: () => void) => this.#listeners.add(listener);

  changed(): void {
    this.#fresh = false;
    if (this.#telling) return;
    this.#telling = true;
    queueMicrotask(() => {
      this.#telling = false;
      this.#listeners.tell();
    });
  }
}

/** Typed listeners. */
export class Emitter<Events> {
  #listeners = new Map<keyof Events, Listeners<never>>();

  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const listeners = this.#of(name);
    return listeners.add(listener);
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    this.#of(name).tell(event);
  }

  #of<Name extends keyof Events>(name: Name): Listeners<Events[Name]> {
    const known = this.#listeners.get(name) ?? new Listeners<never>();
    this.#listeners.set(name, known);
    return known as unknown as Listeners<Events[Name]>;
  }
}
