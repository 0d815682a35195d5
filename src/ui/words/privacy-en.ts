/** What the interface says about how chats are stored; fetched where that is shown. */
export const privacyEn = {
  stored: 'Chats and settings on this device',
  modes: { keep: 'Keep', encrypted: 'Keep encrypted', nothing: 'Keep nothing' },
  hints: {
    keep: 'They are stored as they are. Whoever can use this browser can read them.',
    encrypted:
      'They are stored encrypted: chats, titles, drafts and settings. Which models you downloaded stays visible, and files that you export are not encrypted.',
    nothing: 'They live in this tab only, and are gone when it is closed. Downloaded models stay.',
  },
  unavailable: 'Encryption needs https, or this computer itself as the server.',
  working: 'One moment…',
  moving: (done: string, all: string) => `${done} of ${all} are moved…`,

  passphrase: 'Passphrase',
  newPassphrase: 'New passphrase',
  repeat: 'The same once more',
  show: 'Show what is typed',
  tooShort: 'At least 8 characters. Several words are easier to remember and harder to guess.',
  differ: 'The two are not the same.',
  advice: 'Four or more words that do not belong together are good. A password manager can keep it for you.',

  encryptTitle: 'Keep chats encrypted?',
  encryptText:
    'When you open the page, it asks for your passphrase first. Without it nobody can read what you write here: not other users of this device, and not us.',
  forgottenText:
    'A forgotten passphrase means that the chats are gone: there is no other way in, and nobody can reset it.',
  erasedText:
    'What was stored in plain text is deleted; on the disk, traces of it may remain until the browser tidies up.',
  encrypt: 'Encrypt',

  keepTitle: 'Keep chats without encryption?',
  keepText: 'They are decrypted and stored as they are. Whoever can use this browser can then read them.',
  keep: 'Keep without encryption',
  leftEncryptedText: 'Encrypted chats are stored here. Their passphrase brings them back.',

  nothingTitle: 'Keep nothing from now on?',
  nothingText:
    'What you write lives in this tab until you close it, which asks before a chat is lost. What shall become of what is stored?',
  becomes: 'What is stored',
  deleteStored: 'Delete it',
  deleteStoredHint: 'For good, on this device and in all tabs. This tab shows it until you close it.',
  leaveStored: 'Leave it',
  leaveStoredHint: 'It is not shown, and nothing is added to it, until you keep chats again.',
  keepNothing: 'Keep nothing',

  left: 'Stored from before',
  leftHint: 'Chats that were left when you chose to keep nothing.',
  deleteLeft: 'Delete',
  deleteLeftTitle: 'Delete what is stored from before?',
  deleteLeftText: 'Chats and settings that were left are deleted for good. What is in this tab stays.',

  lockNow: 'Lock now',
  lockNowHint:
    'All tabs ask for the passphrase again. A reply that is being written stops, and can go on later. Ctrl or Cmd + Shift + L does it too.',
  lock: 'Lock',
  lockAfter: 'Lock by itself',
  lockAfterHint: 'When nobody has been at any tab for so long.',
  never: 'never',

  change: 'Change the passphrase',
  changeHint: 'The chats stay as they are stored; only the way in is new.',
  changeButton: 'Change…',
  oldPassphrase: 'Passphrase until now',
  changed: 'The passphrase is changed.',

  passkey: 'Passkey',
  passkeyHint: 'Opens the chats as well, by fingerprint, face or key. The passphrase always works too.',
  passkeyUnavailable: 'This browser has no passkeys for this page.',
  addPasskey: 'Add…',
  addPasskeyTitle: 'Add a passkey?',
  addPasskeyText: 'The browser will ask you for it. Your passphrase is needed once more.',
  removePasskey: 'Remove',
  passkeyAdded: 'The passkey opens the chats from now on.',
  passkeyRemoved: 'The passkey opens the chats no longer. You can delete it where you manage your passkeys.',

  lockedTitle: 'Your chats are locked',
  unlock: 'Unlock',
  unlocking: 'Unlocking…',
  unlockByPasskey: 'Unlock with a passkey',
  wrong: 'That is not the passphrase. Nothing was changed; try again.',
  forgotten: 'Forgotten?',
  forgottenHelp:
    'Nobody can bring the chats back without the passphrase or a passkey. You can delete them and begin anew; downloaded models stay.',
  beginAnew: 'Delete all chats and begin anew',
  beginAnewTitle: 'Delete all chats?',
  beginAnewText: 'All chats and settings that are encrypted on this device are deleted for good.',
  beginAnewButton: 'Delete all',
}

export type PrivacyWords = typeof privacyEn
