import type { Formats } from './formats.ts'
import type { ServerWords } from './server-words-en.ts'

/** What the page says while a server is added, in Simplified Chinese. */
export const serverWordsZhCn = (format: Formats): ServerWords => ({
  heading: '使用服务器上的模型',
  hint: '适用于这里的设备都装不下的模型。这样的模型在你指定的服务器上运行：你写给它的内容以及所在的整个对话都会发送到那里，服务器的运营者可以读到。支持 vLLM、llama.cpp、Ollama、LM Studio 以及其他使用 OpenAI 接口的服务器。',
  address: '服务器地址',
  key: '密钥（如果需要）',
  keep: '在此浏览器中保存密钥',
  keepHint:
    '关闭：密钥只在此页面的内存中，随页面关闭而消失。开启：密钥不加密地保存在此浏览器的存储（localStorage）中，使用此浏览器的人都能读到。',
  model: '模型在服务器上的名称',
  list: '询问有哪些模型',
  listing: '正在询问…',
  listed: (count) => (count === 1 ? '它有一个模型，已选中。' : `它有 ${format.number(count)} 个模型，请选择一个。`),
  listedNone: '它没有列出模型，请输入名称。',
  test: '测试并添加',
  testing: '正在等待一条简短的回复…',
  added: (name) => `${name} 已作答，现已加入列表。在你选择它之前，不会向它发送任何内容。`,
  keyNotKept: '这里不存储未加密的内容，密钥只在此页面的内存中。',
  said: (words) => `它说：“${words}”`,
  problems: {
    address: '这不是服务器地址。地址以 https:// 或 http:// 开头，通常以 /v1 结尾；密钥不应写在其中。',
    model: '请输入模型名称，或询问服务器有哪些模型。',
    policy: (origin) =>
      `此页面不能访问 ${origin}：出于安全，它的 Content-Security-Policy 在 connect-src 中列出了构建时允许的服务器，页面自身无法放宽。提供此页面的人可以：在本机运行 MODEL_HOSTS="${origin}" npm start，或为网站运行 MODEL_HOSTS="${origin}" npm run build。`,
    absent: (host) => `${host} 没有任何回应。请检查地址，以及服务器是否在运行、能否从这里访问。`,
    cors: (host, origin) =>
      `${host} 在运行，但不允许此页面读取它的回答。请在它的 CORS 设置中允许 ${origin}（vLLM：--allowed-origins，Ollama：OLLAMA_ORIGINS，llama.cpp 和 LM Studio：开启 CORS）。`,
    localAccess: (host) =>
      `浏览器禁止此页面访问你自己网络中的设备和程序，${host} 可能就在其中。请在此网站的设置中允许访问本地网络，然后重试。`,
    mixedContent: (host) =>
      `此页面通过 https 打开，因此浏览器不允许它访问没有 https 的 ${host}。请通过 https 提供模型。`,
    protocol: (host) => `${host} 有回应，但不符合 OpenAI 接口。请检查地址：它通常以 /v1 结尾。`,
    key: (host) => `${host} 需要它认识的密钥。请检查密钥。`,
    missing: (host) => `${host} 在此地址没有这个模型。请检查两者，或询问它有哪些模型。`,
    busy: (host, wait) => `${host} 太忙，或你的额度已用完。请在${wait}后重试。`,
    busyUntold: (host) => `${host} 太忙，或你的额度已用完。它没有说要等多久，请稍后重试。`,
    failed: (host, status) => `${host} 出错，状态码为 ${status}。请查看服务器，或重试。`,
    broken: (host) => `${host} 的回复在完成前中断了。请查看服务器，或重试。`,
    misunderstood: (host) => `${host} 无法理解生成回复的请求。`,
    other: '无法测试此服务器。',
  },
  keys: '你的服务器的密钥',
  keyOf: (host) => `${host} 的密钥`,
  keyStates: { none: '没有密钥。', memory: '密钥在此页面的内存中。', kept: '密钥已存储在此浏览器中。' },
  useKey: '使用此密钥',
  forgetKey: '忘记密钥',
})
