// Cuts a PGN file into pieces that one import takes: games stay whole.

/** One import takes at most so much. */
const MOST_BYTES = 180_000;
const MOST_GAMES = 100;

export interface Chunk {
  pgn: string;
  /** The number of its first game in the file, from 1. */
  first: number;
  /** The number of its first line in the file, from 1. */
  line: number;
}

/** The pieces of a file, in order. A game begins with a tag after movetext. */
export function chunksOf(file: string): Chunk[] {
  const games: { text: string; line: number }[] = [];
  let [start, tags] = [0, true];
  const lines = file.replace(/\r\n?/g, '\n').split('\n');
  lines.forEach((line, index) => {
    // A comment may begin a line with `[%clk …]`.
    const tag = /^\[\s*\w/.test(line);
    if (tag && !tags) {
      games.push({ text: lines.slice(start, index).join('\n'), line: start + 1 });
      start = index;
    }
    if (line.trim()) tags = tag;
  });
  games.push({ text: lines.slice(start).join('\n'), line: start + 1 });
  const chunks: Chunk[] = [];
  let size = Infinity;
  let count = 0;
  games.forEach(({ text, line }, index) => {
    const bytes = new TextEncoder().encode(text).length + 1;
    const last = chunks.at(-1);
    if (!last || size + bytes > MOST_BYTES || count >= MOST_GAMES) {
      chunks.push({ pgn: text, first: index + 1, line });
      [size, count] = [bytes, 1];
      return;
    }
    last.pgn += `\n${text}`;
    [size, count] = [size + bytes, count + 1];
  });
  return chunks.filter((chunk) => chunk.pgn.trim());
}
