/** What the writer and the reader of zip share: where things are in its records. Numbers have the least byte first. */

/** Before each entry's data. 4 version, 6 flags, 8 method, 10 time, 12 date, 14 CRC, 18 and 22 sizes, 26 and 28 lengths. */
export const LOCAL = 0x04034b50
export const LOCAL_SIZE = 30
/**
 * One for each entry, after all data. 4 made by, 6 version, 8 flags, 10 method, 12 time, 14 date, 16 CRC, 20 and 24
 * sizes, 28, 30 and 32 lengths of name, extra and comment, 34 disk, 36 internal, 38 external attributes, 42 offset.
 */
export const CENTRAL = 0x02014b50
export const CENTRAL_SIZE = 46
/** The end: 4 and 6 disks, 8 and 10 counts, 12 size and 16 offset of the central records, 20 length of the comment. */
export const END = 0x06054b50
export const END_SIZE = 22
/** The end where 32 bits are not enough: 4 size, 12 and 14 versions, 16 and 20 disks, 24 and 32 counts, 40 size, 48 offset. */
export const END64 = 0x06064b50
export const END64_SIZE = 56
/** Right before the end, and says where `END64` is: 4 disk, 8 offset, 16 disks. */
export const LOCATOR = 0x07064b50
export const LOCATOR_SIZE = 20

export const STORED = 0
export const DEFLATED = 8

export const FLAG_ENCRYPTED = 1
export const FLAG_UTF8 = 0x800

/** Extra fields: sizes and offset of 64 bits; times in seconds since 1970. */
export const EXTRA_ZIP64 = 0x0001
export const EXTRA_TIME = 0x5455

export const UNIX = 3
export const MAX16 = 0xffff
export const MAX32 = 0xffffffff

/** The kind of a file in a Unix mode. */
export const S_IFMT = 0o170000
export const S_IFREG = 0o100000
export const S_IFDIR = 0o040000
export const S_IFLNK = 0o120000
