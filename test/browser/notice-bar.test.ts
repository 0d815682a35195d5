import { render } from 'lit/html.js'
import { atom } from 'nanostores'
import { expect, test, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import '../../src/ui/app/app-page.css'
import { ReflectionError } from '../../src/core/errors.ts'
import { noticeBar, type NoticeBarProps } from '../../src/ui/app/notice-bar.ts'
import { loadLocale, type Locale } from '../../src/ui/words/locales.ts'

test('a newer version of the page is not taken while a reply is being written', async () => {
  const locale = await loadLocale('en')
  const onUpdate = vi.fn<() => void>()
  const props: NoticeBarProps = {
    storageError: undefined,
    notices: ['update-ready'],
    reload: { isOffline: atom(false), state: atom('possible'), reload: async () => undefined },
    isReplying: true,
    locale,
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

test.each([
  ['storage-full', '请释放磁盘空间'],
  ['storage-unreadable', '请在普通窗口中打开此页面'],
  ['unexpected', '请重试'],
] as const)('a failure to save (%s) says what to do in the language of the page', async (code, advice) => {
  const error = new ReflectionError(code, 'What happened.')
  const props = (locale: Locale): NoticeBarProps => ({
    storageError: error,
    notices: [],
    reload: { isOffline: atom(false), state: atom('possible'), reload: async () => undefined },
    isReplying: false,
    locale,
    onSave: () => undefined,
    onUpdate: () => undefined,
    onDismiss: () => undefined,
  })
  render(noticeBar(props(await loadLocale('zh-CN'))), document.body)
  const alert = page.getByRole('alert')
  await expect.element(alert).toHaveTextContent(/^暂时无法保存更改。/)
  await expect.element(alert).toHaveTextContent(advice)
  expect(alert.element().querySelector('[lang=en]')?.textContent).toBe('What happened.')
})

test('the button of a long notice stands below it on a phone and beside it elsewhere; what dismisses one stays beside it', async () => {
  const props: NoticeBarProps = {
    storageError: new ReflectionError('storage-full', 'What happened.'),
    notices: ['settings-not-saved'],
    reload: { isOffline: atom(false), state: atom('possible'), reload: async () => undefined },
    isReplying: false,
    locale: await loadLocale('en'),
    onSave: () => undefined,
    onUpdate: () => undefined,
    onDismiss: () => undefined,
  }
  const frame = document.createElement('main')
  document.body.append(frame)
  render(noticeBar(props), frame)
  const standsBelow = (bar: Element) => {
    const [words, button] = ['p', 'button'].map((part) => bar.querySelector(part)?.getBoundingClientRect())
    return (button?.top ?? 0) >= (words?.bottom ?? Infinity)
  }
  const places = (width: number) => {
    frame.style.width = `${width}px`
    return [...frame.querySelectorAll('.bar')].map(standsBelow)
  }
  expect(places(360)).toEqual([true, false])
  expect(places(700)).toEqual([false, false])
  expect(places(320)).toEqual([true, false])
  frame.remove()
})
