/** Steps that run one after the other, in the order in which they were asked for. */
export class Turn {
  #last: Promise<unknown> = Promise.resolve();

  /** Run `step` after all earlier ones, however those went. */
  run<T>(step: () => Promise<T>): Promise<T> {
    const next = this.#last.then(step);
    this.#last = next.catch(() => {});
    return next;
  }

  /** Resolves when what was asked for so far is over. */
  async over(): Promise<void> {
    await this.#last;
  }
}
