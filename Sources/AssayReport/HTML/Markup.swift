/// A piece of HTML; text interpolated into it is escaped, other markup is not.
///
/// `"<td>\(name)</td>"` is safe whatever `name` holds: forgetting to escape is not possible.
struct Markup: ExpressibleByStringInterpolation, Equatable {
    /// The HTML.
    private(set) var html: String

    init(stringLiteral value: String) {
        html = value
    }

    init(stringInterpolation: StringInterpolation) {
        html = stringInterpolation.html
    }

    /// HTML from a source that is part of this program.
    init(trusted html: String) {
        self.html = html
    }

    struct StringInterpolation: StringInterpolationProtocol {
        var html = ""

        init(literalCapacity: Int, interpolationCount: Int) {
            html.reserveCapacity(literalCapacity + 16 * interpolationCount)
        }

        mutating func appendLiteral(_ literal: String) { html += literal }
        mutating func appendInterpolation(_ text: String) { html += Markup.escape(text) }
        mutating func appendInterpolation(_ number: Int) { html += "\(number)" }
        mutating func appendInterpolation(_ markup: Markup) { html += markup.html }
        mutating func appendInterpolation(_ parts: [Markup]) { for part in parts { html += part.html } }
    }

    /// `text` for element content and for quoted attributes; hidden characters become visible ones, line separators line ends.
    static func escape(_ text: String) -> String {
        var output: [UInt8] = []
        for byte in PrintableText.visible(text).utf8 {
            switch byte {
            case 0xA8 where output.suffix(2).elementsEqual([0xE2, 0x80]),
                0xA9 where output.suffix(2).elementsEqual([0xE2, 0x80]):
                output.removeLast(2)
                output.append(UInt8(ascii: "\n"))
            case UInt8(ascii: "&"): output += "&amp;".utf8
            case UInt8(ascii: "<"): output += "&lt;".utf8
            case UInt8(ascii: ">"): output += "&gt;".utf8
            case UInt8(ascii: "\""): output += "&quot;".utf8
            case UInt8(ascii: "'"): output += "&#39;".utf8
            default: output.append(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
