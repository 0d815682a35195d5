import { render } from 'lit/html.js'
import { atom } from 'nanostores'
import { expect, test, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { noticeBar, type NoticeBarProps } from '../../src/ui/app/notice-bar.ts'
import { loadLocale } from '../../src/ui/words/locales.ts'

test('a newer version of the page is not taken while a reply is being written', async () => {
  const { words } = await loadLocale('en')
  const onUpdate = vi.fn<() => void>()
  const props: NoticeBarProps = {
    storageError: undefined,
    notices: ['update-ready'],
    reload: { isOffline: atom(false), state: atom('possible'), reload: async () => undefined },
    isReplying: true,
    words,
    onSave: () => undefined,
    onUpdate,
    onDismiss: () => undefined,
  }
  const button = page.getByRole('button', { name: 'Update' })
  render(noticeBar(props), document.body)
  await expect.element(button).toHaveAttribute('aria-disabled', 'true')
  button.element().dispatchEvent(new MouseEvent('click', { bubbles: true }))
  expect(onUpdate).not.toHaveBeenCalled()

  render(noticeBar({ ...props, isReplying: false }), document.body)
  await userEvent.click(button)
  expect(onUpdate).toHaveBeenCalledOnce()
})
