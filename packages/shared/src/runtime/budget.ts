/** Units that several users share, such as pixels that are decoded at once; whoever waits first gets them first. */
export class Budget {
  readonly #total: number;
  #free: number;
  readonly #waiting: { readonly units: number; readonly grant: () => void }[] = [];

  constructor(total: number) {
    this.#total = total;
    this.#free = total;
  }

  /**
   * Waits until so many units are free. More than the whole budget waits until nobody else has any of it.
   * @returns the units that were taken, for {@link giveBack}
   */
  async take(requested: number): Promise<number> {
    const units = Math.min(requested, this.#total);
    await new Promise<void>((grant) => {
      this.#waiting.push({ units, grant });
      this.#grantNext();
    });
    return units;
  }

  giveBack(units: number): void {
    this.#free += units;
    this.#grantNext();
  }

  #grantNext(): void {
    for (let [next] = this.#waiting; next !== undefined && next.units <= this.#free; [next] = this.#waiting) {
      this.#waiting.shift();
      this.#free -= next.units;
      next.grant();
    }
  }
}
