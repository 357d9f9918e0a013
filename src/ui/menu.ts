/** Closes the menu, gives the focus back to what opened it, and then does what was chosen. */
export type Choose = (action: () => void) => void;
