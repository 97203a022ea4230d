// What the hooks of @troupe/client import as "react": Preact.
import { useSyncExternalStore as subscribed } from "preact/compat";

export {
  createContext,
  createElement,
  type FunctionComponent,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
} from "preact/compat";

/** Preact's knows no third argument, which is for pages made on a server. */
export function useSyncExternalStore<T>(
  subscribe: (listener: () => void) => () => void,
  get: () => T,
  _getOnServer?: () => T,
): T {
  return subscribed(subscribe, get);
}
