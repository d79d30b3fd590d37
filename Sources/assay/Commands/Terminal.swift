import AssayReport
import Glibc

/// What stdout can show.
enum Terminal {
    static var options: ReportOptions {
        guard isatty(1) == 1 else { return ReportOptions() }
        var size = winsize()
        let known = unsafe ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return ReportOptions(width: known ? Int(size.ws_col) : 100, color: environment("NO_COLOR") == nil)
    }
}
