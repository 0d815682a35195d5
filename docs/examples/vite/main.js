import 'second-thought/element/define'

const chat = document.querySelector('reflection-chat')
chat.addEventListener('reflection-message', ({ detail }) => console.log(detail.answer))
