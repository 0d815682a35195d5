import 'second-thought/element/define'
