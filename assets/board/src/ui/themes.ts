// The colours of the squares. A frame without an origin of its own cannot keep the choice; then it lasts as long as the
// frame does.

export type Theme = 'wood' | 'green' | 'blue';

export const THEMES: { theme: Theme; name: string }[] = [
  { theme: 'wood', name: 'Wood' },
  { theme: 'green', name: 'Green' },
  { theme: 'blue', name: 'Blue' },
];

const KEY = 'chess-mcp.squares';

export function themeOf(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return THEMES.some(({ theme }) => theme === kept) ? (kept as Theme) : 'wood';
  } catch {
    return 'wood';
  }
}

export function keep(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Not kept, then.
  }
}
