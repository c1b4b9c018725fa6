const PATHS: Record<string, string> = {
  first: 'M6 5v14M19 5l-9 7 9 7z',
  back: 'M16 5l-9 7 9 7z',
  next: 'M8 5l9 7-9 7z',
  last: 'M18 5v14M5 5l9 7-9 7z',
  flip: 'M7 20V6m0 0L3 10m4-4l4 4M17 4v14m0 0l-4-4m4 4l4-4',
  undo: 'M9 6L4 11l5 5M4 11h10a6 6 0 0 1 0 12',
  hint: 'M9 18h6M10 21h4M12 3a6 6 0 0 0-4 10.5c1 1 1.5 1.8 1.5 2.5h5c0-.7.5-1.5 1.5-2.5A6 6 0 0 0 12 3z',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  wait: 'M12 3a9 9 0 1 0 9 9',
  grow: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
  close: 'M6 6l12 12M18 6L6 18',
};

/** A drawn sign; what it means is said by the button around it. */
export function Icon({ name }: { name: string }) {
  return (
    <svg class={`icon ${name}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
