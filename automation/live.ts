// What a person at a terminal sees below the lines that stay: what the engine is at right now, drawn over every second. CI gets lines only.
import { clearScreenDown, moveCursor } from "node:readline";

/** A terminal, or what looks like one. */
export type Screen = NodeJS.WritableStream & Partial<Pick<NodeJS.WriteStream, "columns" | "rows">>;

/** More would push the lines out of sight. */
const mostRows = 8;

export class Live {
  private rows: readonly string[] = [];
  /** How many of them stand on the screen. */
  private lines = 0;

  constructor(private readonly screen: Screen) {}

  /** Writes something that stays, above the rows. */
  above(write: () => void): void {
    this.wipe();
    write();
    this.draw();
  }

  /** Shows these instead of the rows before. */
  show(rows: readonly string[]): void {
    this.wipe();
    this.rows = rows;
    this.draw();
  }

  private get drawn(): readonly string[] {
    const { columns = 80, rows: height = 24 } = this.screen;
    const most = Math.max(1, Math.min(mostRows, height - 2));
    const shown = this.rows.length <= most ? this.rows : [...this.rows.slice(0, most - 1), `  and ${this.rows.length - most + 1} more`];
    // A row that wraps would take two lines, of which only one is wiped.
    return shown.map((row) => (row.length < columns ? row : `${row.slice(0, Math.max(1, columns - 2))}…`));
  }

  private draw(): void {
    const { drawn } = this;
    this.lines = drawn.length;
    if (drawn.length > 0) this.screen.write(`${drawn.join("\n")}\n`);
  }

  private wipe(): void {
    if (this.lines === 0) return;
    moveCursor(this.screen, 0, -this.lines);
    clearScreenDown(this.screen);
    this.lines = 0;
  }
}
