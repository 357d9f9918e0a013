// Runs before anything else in the page: an invite's secret leaves the address bar (and with it the
// history, screenshots and shared tabs) before the first paint. docs/protocol.md, Invites.
(function () {
  var fragment = location.hash;
  if (!/^#(j|code)=/.test(fragment)) return;
  Object.defineProperty(window, '__quloudFragment', { value: fragment, configurable: true });
  history.replaceState(null, '', location.pathname + location.search);
})();
