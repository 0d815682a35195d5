/// <reference types="second-thought/vue" />
