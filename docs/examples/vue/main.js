import { createApp } from 'vue'
import 'second-thought/element/define'
import Help from './Help.vue'

createApp(Help).mount('#app')
