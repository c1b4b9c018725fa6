import type { Color, Role } from '../types';

declare module 'preact' {
  namespace JSX {
    interface IntrinsicElements {
      piece: HTMLAttributes<HTMLElement>;
    }
  }
}

/** A piece that stands beside the board, drawn with the pictures of those on it. */
export function Figure({ role, color }: { role: Role; color: Color }) {
  return <span class="figure cg-wrap" aria-hidden="true"><piece class={`${role} ${color}`} /></span>;
}
