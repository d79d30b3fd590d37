import AssayModel

/// The list of texts that Python prints, `['a', "b"]`: what data frames write into a CSV cell.
///
/// numpy prints without commas; texts beside each other are two elements there, and nothing else prints them so.
enum PythonList {
    /// The elements; nil when the text is not such a list.
    static func parse(_ text: String) -> [String]? {
        let scalars = Array(text.unicodeScalars)
        guard scalars.first == "[", scalars.last == "]", scalars.count >= 2 else { return nil }
        var elements: [String] = []
        var position = 1
        while position < scalars.count - 1 {
            let scalar = scalars[position]
            if scalar == "," || scalar.properties.isWhitespace {
                position += 1
            } else if scalar == "'" || scalar == "\"" {
                guard let (element, end) = string(scalars, from: position) else { return nil }
                elements.append(element)
                position = end
            } else {
                return nil
            }
        }
        return elements
    }

    private static func string(_ scalars: [Unicode.Scalar], from start: Int) -> (String, Int)? {
        let quote = scalars[start]
        var text = String.UnicodeScalarView()
        var position = start + 1
        while position < scalars.count - 1 {
            let scalar = scalars[position]
            position += 1
            if scalar == quote { return (String(text), position) }
            guard scalar == "\\" else {
                text.append(scalar)
                continue
            }
            let escape = scalars[position]
            position += 1
            switch escape {
            case "n": text.append("\n")
            case "t": text.append("\t")
            case "r": text.append("\r")
            case "x", "u", "U":
                let count = escape == "x" ? 2 : escape == "u" ? 4 : 8
                guard position + count < scalars.count else { return nil }
                var digits = String.UnicodeScalarView()
                digits.append(contentsOf: scalars[position..<position + count])
                guard let code = UInt32(String(digits), radix: 16), let decoded = Unicode.Scalar(code) else {
                    return nil
                }
                text.append(decoded)
                position += count
            default: text.append(escape)
            }
        }
        return nil
    }
}
