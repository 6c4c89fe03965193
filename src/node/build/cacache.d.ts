/** What is used of cacache, which brings no types. */

declare module 'cacache' {
  interface Entry {
    readonly key: string
    readonly integrity: string | null
    readonly time: number
    readonly size: number
    readonly metadata: unknown
  }
  interface Statistics {
    readonly verifiedContent: number
    readonly reclaimedCount: number
    readonly reclaimedSize: number
    readonly badContentCount: number
    readonly keptSize: number
    readonly missingContent: number
    readonly totalEntries: number
  }
  const cacache: {
    readonly ls: (cache: string) => Promise<{ readonly [key: string]: Entry }>
    readonly put: (
      cache: string,
      key: string,
      data: Uint8Array,
      options: { readonly algorithms: readonly string[]; readonly metadata?: unknown },
    ) => Promise<unknown>
    readonly get: {
      (cache: string, key: string): Promise<{ readonly data: Uint8Array; readonly metadata: unknown }>
      readonly byDigest: (cache: string, integrity: string) => Promise<Uint8Array>
      readonly info: (cache: string, key: string) => Promise<Entry | null>
    }
    readonly rm: {
      readonly entry: (cache: string, key: string, options?: { readonly removeFully?: boolean }) => Promise<unknown>
      readonly content: (cache: string, integrity: string) => Promise<unknown>
    }
    readonly index: {
      readonly insert: (
        cache: string,
        key: string,
        integrity: string,
        options: { readonly metadata?: unknown; readonly size: number },
      ) => Promise<unknown>
    }
    readonly verify: (cache: string, options?: { readonly filter?: (entry: Entry) => boolean }) => Promise<Statistics>
  }
  export default cacache
}
